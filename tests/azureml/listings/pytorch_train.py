"""Trains a small network on two moons, and tells how it goes to the run and to MLflow."""

import argparse
import math
from pathlib import Path

import mlflow
import torch
from torch import nn

from azureml.core import Run

parser = argparse.ArgumentParser()
parser.add_argument("--num_epochs", type=int, default=25)
parser.add_argument("--output_dir", type=str)
parser.add_argument("--learning_rate", type=float, default=0.1)
args = parser.parse_args()

torch.manual_seed(0)
angle = torch.rand(400) * math.pi
upper, lower = angle[:200], angle[200:]
moons = torch.cat(
    [torch.stack([upper.cos(), upper.sin()], 1), torch.stack([1 - lower.cos(), 0.5 - lower.sin()], 1)]
) + 0.05 * torch.randn(400, 2)
labels = torch.cat([torch.zeros(200), torch.ones(200)])

run = Run.get_context()
run.log("lr", args.learning_rate)
mlflow.log_param("num_epochs", args.num_epochs)
model = nn.Sequential(nn.Linear(2, 16), nn.Tanh(), nn.Linear(16, 1))
optimizer = torch.optim.Adam(model.parameters(), lr=args.learning_rate)
loss_of = nn.BCEWithLogitsLoss()
for epoch in range(args.num_epochs):
    optimizer.zero_grad()
    said = model(moons).squeeze(1)
    loss = loss_of(said, labels)
    loss.backward()
    optimizer.step()
    accuracy = ((said > 0) == (labels > 0.5)).float().mean()
    run.log("best_val_acc", float(accuracy))
    mlflow.log_metric("loss", float(loss.detach()), step=epoch)

Path(args.output_dir).mkdir(exist_ok=True)
torch.save(model.state_dict(), Path(args.output_dir) / "model.pt")
