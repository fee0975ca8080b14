/** PyTorch sources that build `Net()` with defaults, each with a habit of its own. */
export const torchSources: Readonly<Record<string, string>> = {
  plain: `
import torch.nn as nn
class Net(nn.Module):
    def __init__(self, hidden=192):
        super().__init__()
        self.fc1 = nn.Linear(64, hidden)
        self.act = nn.ReLU()
        self.fc2 = nn.Linear(in_features=hidden, out_features=10, bias=False)
`,
  aliases: `
import torch
import torch.nn as N
from torch import nn as neural
from torch.nn import Linear as L, Conv2d
class Net(torch.nn.Module):
    def __init__(self):
        super(Net, self).__init__()
        self.a = N.Linear(3, 4)
        self.b = neural.Linear(4, 5)
        self.c = L(5, 6)
        self.d = Conv2d(1, 6, 5, padding=2)
        self.e = torch.nn.LSTM(10, 20)
`,
  sequential: `
from collections import OrderedDict
from torch import nn
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.body = nn.Sequential(nn.Linear(8, 16), nn.ReLU(), nn.Sequential(nn.Linear(16, 32), nn.Tanh()), nn.Linear(32, 4))
        self.named = nn.Sequential(OrderedDict([("first", nn.Linear(4, 4)), ("act", nn.ReLU()), ("second", nn.Linear(4, 2))]))
        self.spread = nn.Sequential(*[nn.Linear(i + 1, i + 2) for i in range(3)])
        layers = []
        for a, b in zip([2, 3, 4], [3, 4, 5]):
            layers += [nn.Linear(a, b), nn.ReLU()]
        self.listed = nn.Sequential(*layers)
        self.listed.append(nn.Linear(5, 1))
`,
  lists: `
import torch.nn as nn
WIDTH = 4 * 3
class Net(nn.Module):
    sizes = (5, 7, 9)
    def __init__(self, n=3):
        super().__init__()
        self.l = nn.ModuleList([nn.Linear(WIDTH, WIDTH // (i + 1)) for i in range(n)])
        self.m = nn.ModuleList()
        for i, size in enumerate(self.sizes[:-1]):
            self.m.append(nn.Linear(size, self.sizes[i + 1]))
        self.d = nn.ModuleDict({"x": nn.Linear(1, 2), "y": nn.Linear(2, 1)})
        self.d["z"] = nn.Linear(2, 2)
        for name in ["p", "q"]:
            self.add_module(name, nn.Linear(2, 3))
            setattr(self, f"extra_{name}", nn.Linear(3, 2))
        self.m.extend([nn.Linear(1, 1) for _ in "ab"])
`,
  nested: `
import torch.nn as nn
class Attention(nn.Module):
    def __init__(self, d, heads=4):
        super().__init__()
        self.qkv = nn.Linear(d, 3 * d)
        self.proj = nn.Linear(d, d)
class Block(nn.Module):
    def __init__(self, d, mult=4):
        super().__init__()
        self.norm = nn.LayerNorm(d)
        self.attn = Attention(d)
        self.mlp = nn.Sequential(nn.Linear(d, mult * d), nn.GELU(), nn.Linear(mult * d, d))
class Net(nn.Module):
    def __init__(self, d=32, depth=3):
        super().__init__()
        self.embed = nn.Embedding(100, d)
        self.blocks = nn.ModuleList(Block(d, mult=2 if i == 0 else 4) for i in range(depth))
        self.head = nn.Linear(d, 100, bias=False)
`,
  inherited: `
import torch.nn as nn
class Base(nn.Module):
    hidden = 16
    def __init__(self, inputs):
        super().__init__()
        self.first = nn.Linear(inputs, self.hidden)
        self.build()
    def build(self):
        self.second = nn.Linear(self.hidden, 2)
class Net(Base):
    hidden = 24
    def __init__(self):
        super().__init__(inputs=10)
        self.third = nn.Linear(2, 1)
    def build(self):
        super().build()
        self.between = nn.Linear(3, 3)
`,
  residual: `
import torch.nn as nn
def conv3(i, o, stride=1):
    return nn.Conv2d(i, o, kernel_size=3, stride=stride, padding=1, bias=False)
class Basic(nn.Module):
    expansion = 1
    def __init__(self, i, o, stride=1, down=None):
        super().__init__()
        self.conv1 = conv3(i, o, stride)
        self.bn1 = nn.BatchNorm2d(o)
        self.conv2 = conv3(o, o)
        self.downsample = down
class Net(nn.Module):
    def __init__(self, block=Basic, layers=(2, 2), classes=10):
        super().__init__()
        self.width = 16
        self.conv1 = nn.Conv2d(3, 16, (7, 3), 2, 3, bias=False)
        self.layer1 = self._make(block, 16, layers[0])
        self.layer2 = self._make(block, 32, layers[1], stride=2)
        self.fc = nn.Linear(32 * block.expansion, classes)
    def _make(self, block, planes, blocks, stride=1):
        down = None
        if stride != 1 or self.width != planes * block.expansion:
            down = nn.Sequential(nn.Conv2d(self.width, planes * block.expansion, 1, stride, bias=False), nn.BatchNorm2d(planes))
        layers = [block(self.width, planes, stride, down)]
        self.width = planes * block.expansion
        for _ in range(1, blocks):
            layers.append(block(self.width, planes))
        return nn.Sequential(*layers)
`,
  convolutions: `
import torch.nn as nn
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.c1 = nn.Conv1d(4, 8, 3, groups=2)
        self.c3 = nn.Conv3d(1, 2, (3, 2, 1), bias=False)
        self.t2 = nn.ConvTranspose2d(8, 6, 4, stride=2, groups=2)
        self.t1 = nn.ConvTranspose1d(in_channels=3, out_channels=5, kernel_size=2)
        self.dw = nn.Conv2d(
            12,
            12,  # depthwise
            kernel_size=3,
            groups=12,
        )
`,
  recurrent: `
import torch.nn as nn
class Net(nn.Module):
    def __init__(self, m=20, h=48):
        super().__init__()
        self.gru = nn.GRU(m, h, batch_first=True)
        self.lstm = nn.LSTM(m, h, num_layers=2, bidirectional=True)
        self.rnn = nn.RNN(m, h, bias=False)
        self.small = nn.LSTM(m, h, proj_size=8)
        self.cell = nn.GRUCell(h, 7)
        self.bi = nn.Bilinear(3, 4, 5)
        self.att = nn.MultiheadAttention(16, 2)
        self.other = nn.MultiheadAttention(16, 4, bias=False, kdim=8, vdim=6)
`,
  configured: `
from dataclasses import dataclass
import torch.nn as nn
@dataclass
class Config:
    layers: int = 2
    width: int = 24
    vocabulary: int = 65
    bias: bool = False
class MLP(nn.Module):
    def __init__(self, config):
        super().__init__()
        self.c_fc = nn.Linear(config.width, 4 * config.width, bias=config.bias)
        self.c_proj = nn.Linear(4 * config.width, config.width, bias=config.bias)
class Net(nn.Module):
    def __init__(self, config=Config(width=32)):
        super().__init__()
        self.transformer = nn.ModuleDict(dict(
            wte=nn.Embedding(config.vocabulary, config.width),
            h=nn.ModuleList([MLP(config) for _ in range(config.layers)]),
        ))
        self.lm_head = nn.Linear(config.width, config.vocabulary, bias=False)
`,
  arithmetic: `
import math
import torch.nn as nn
D, H = 48, 6
class Net(nn.Module):
    def __init__(self, d=D, *, ratio=2.5, deep=True, name=None):
        super().__init__()
        inner = int(d * ratio)
        self.a = nn.Linear(d, inner)
        self.b = nn.Linear(inner, max(8, d // H) + 2 ** 3)
        if deep and name is None:
            self.c = nn.Linear(d % 7 + 1, math.ceil(10 / 3))
        else:
            self.c = nn.Linear(1, 1)
        dims = [d] + [16] * 2 + [4]
        self.d = nn.Sequential(*(nn.Linear(dims[i], dims[i + 1]) for i in range(len(dims) - 1)))
        self.e, self.f = nn.Linear(1, 2), nn.Linear(2, 3)
        self.g = self.h = nn.Linear(5, 5)
`,
  transformers: `
import copy
import torch.nn as nn
class Net(nn.Module):
    def __init__(self, d=16):
        super().__init__()
        layer = nn.TransformerEncoderLayer(d_model=d, nhead=2, dim_feedforward=4 * d)
        self.encoder = nn.TransformerEncoder(layer, num_layers=2)
        self.one = nn.TransformerDecoderLayer(d, 4, 24)
        self.all = nn.Transformer(8, 2, 1, num_decoder_layers=2, dim_feedforward=12)
        pattern = nn.Sequential(nn.Linear(d, d), nn.ReLU())
        self.copies = nn.ModuleList([copy.deepcopy(pattern) for _ in range(2)])
`,
  starred: `
from torch.nn import *
class Net(Module):
    def __init__(self):
        super().__init__()
        self.s = Sequential(Conv2d(1, 2, 3), ReLU(), Flatten(), LazyLinear(4) if False else Linear(8, 4))
        self.c = ConvTranspose3d(2, 3, 2)
`,
  semicolons: `
import torch.nn as nn
class Net(nn.Module):
    def __init__(self, widths=[4, 8]):
        super().__init__(); self.downs = nn.ModuleList(); self.ups = nn.ModuleList()
        for width in widths:
            self.downs.append(nn.Conv2d(3, width, 1)); self.one = nn.Linear(width, 2)
        for width in reversed(widths): self.ups.append(nn.ConvTranspose2d(2 * width, width, 2)); width = 1
`,
  keywords: `
import torch.nn as nn
class Net(nn.Module):
    def __init__(self, d=4):
        super().__init__()
        self.list = nn.ModuleList(modules=[nn.Linear(d, 2), nn.Linear(2, d)])
        self.dict = nn.ModuleDict(modules={"a": nn.Linear(d, 3), "b": nn.Linear(3, d)})
        items = {"items": nn.Linear(d, 5)}
        for key, value in items.items():
            setattr(self, key, value)
`,
  pairs: `
import torch.nn as nn
from functools import partial
def pair(x): return x if isinstance(x, tuple) else (x, x)
def listed(x):
    return list(x) if isinstance(x, (list, tuple)) else [x] * 2
class Net(nn.Module):
    def __init__(self, d=16, ratio=4., size=8, bias=True, use_conv=False):
        super().__init__()
        inner = int(d * ratio)
        layer = partial(nn.Conv2d, kernel_size=1) if use_conv else nn.Linear
        biases = pair(bias)
        self.fc1 = layer(d, inner, bias=biases[0])
        self.fc2 = layer(inner, d, bias=pair(False)[1])
        self.patch = nn.Conv2d(3, d, kernel_size=pair(size), bias=not isinstance(size, str))
        self.wide = nn.Conv2d(3, int(d * 1.e0), listed((2, 3)))
        if isinstance(bias, bool):
            self.last = nn.Linear(listed(d)[1], 3)
        else:
            self.last = nn.Linear(1, 1)
`,
  shared: `
import torch.nn as nn
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        one = nn.Linear(6, 6)
        self.first = one
        self.again = one
        self.stack = nn.Sequential(one, nn.ReLU(), nn.Linear(6, 6))
        self.head = nn.Linear(6, 2)
        self.head = nn.Linear(6, 3)
`,
};
