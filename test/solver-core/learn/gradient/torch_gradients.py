"""Gradients of LeNet-5 by automatic differentiation. stdin: JSON {x, shapeX, labels, parameters: [{dims, data}]}; stdout: JSON {loss, gradients}."""
import json
import sys

import torch
import torch.nn.functional as F

torch.set_num_threads(1)
request = json.load(sys.stdin)
x = torch.tensor(request["x"], dtype=torch.float32).reshape(request["shapeX"])
labels = torch.tensor(request["labels"])
p = [torch.tensor(q["data"], dtype=torch.float32).reshape(q["dims"]).requires_grad_() for q in request["parameters"]]
h = F.max_pool2d(F.relu(F.conv2d(x, p[0], p[1], padding=2)), 2)
h = F.max_pool2d(F.relu(F.conv2d(h, p[2], p[3])), 2)
h = F.relu(F.linear(h.flatten(1), p[4], p[5]))
h = F.relu(F.linear(h, p[6], p[7]))
loss = F.cross_entropy(F.linear(h, p[8], p[9]), labels)
loss.backward()
print(json.dumps({"loss": loss.item(), "gradients": [q.grad.flatten().tolist() for q in p]}))
