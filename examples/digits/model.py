"""The network of digits.onnx: 64 pixels in 0..1, two hidden layers, 10 scores.

The comments that begin with `# tier:` say the same as digits.tiers: which layers are solved in one step, and which one
goes on learning. Nothing here has to be run to see their joules.
"""

import torch
from torch import nn


class Digits(nn.Module):
    def __init__(self, hidden=192, features=128):
        super().__init__()
        # tier: lower ridge lambda=30 targets=forward-projection seed=7 name=features
        self.fc1 = nn.Linear(64, hidden)
        self.relu1 = nn.ReLU()
        # tier: lower ridge lambda=30 targets=forward-projection seed=7 name=features
        self.fc2 = nn.Linear(hidden, features)
        self.relu2 = nn.ReLU()
        # tier: upper rls forgetting=1.0 budget=5mJ name=head
        self.fc3 = nn.Linear(features, 10)

    def forward(self, x):
        x = self.relu1(self.fc1(x))
        x = self.relu2(self.fc2(x))
        return self.fc3(x)


if __name__ == "__main__":
    torch.onnx.export(
        Digits(),
        torch.zeros(1, 64),
        "model.onnx",
        input_names=["x"],
        output_names=["logits"],
        dynamic_axes={"x": {0: "batch"}, "logits": {0: "batch"}},
    )
