# Builds each source's Net() with PyTorch and prints, as JSON, the modules that bear multiplied weights: name -> parameters.
import json
import sys

import torch

kinds = (
    torch.nn.Linear,
    torch.nn.Bilinear,
    torch.nn.modules.conv._ConvNd,
    torch.nn.RNNBase,
    torch.nn.RNNCellBase,
    torch.nn.MultiheadAttention,
)
found = {}
for name, source in json.load(sys.stdin).items():
    scope = {"__name__": name}
    sys.modules[name] = type(sys)(name)
    exec(compile(source, name, "exec"), scope)
    layers = {}
    inside = []
    for path, module in scope["Net"]().named_modules():
        if isinstance(module, kinds) and not any(path.startswith(outer + ".") for outer in inside):
            layers[path] = [type(module).__name__, sum(p.numel() for p in module.parameters())]
            if isinstance(module, torch.nn.MultiheadAttention):
                inside.append(path)
    found[name] = layers
print(json.dumps(found))
