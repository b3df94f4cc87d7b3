"""skorch around the same networks in PyTorch, whose LSTM knows tanh alone: no relu."""

from itertools import pairwise

import torch
from skorch import NeuralNetClassifier, NeuralNetRegressor
from torch import nn

from works import FCN_BLOCKS, FILTERS, KERNEL_SIZE, POOL_SIZE

ARCHITECTURE = "module__architecture"


def make(work, architecture):
    # The cross entropy takes the head's numbers before the softmax.
    estimator, loss = (
        (NeuralNetClassifier, nn.CrossEntropyLoss)
        if work.classify
        else (NeuralNetRegressor, nn.MSELoss)
    )
    return estimator(
        LSTMFCN if architecture == "lstm_fcn" else Network,
        module__architecture=architecture,
        module__work=work,
        criterion=loss,
        optimizer=torch.optim.Adam,
        lr=work.learning_rate,
        max_epochs=work.epochs,
        batch_size=work.batch_size,
        iterator_train__shuffle=True,
        train_split=None,
        verbose=0,
    )


class Network(nn.Module):
    def __init__(self, architecture, work):
        super().__init__()
        sizes = [work.features, work.units]
        self.convolution = None
        if architecture == "stacked":
            sizes += [2 * work.units, work.units]
        elif architecture == "cnn_lstm":
            # The regressor's LSTM reads the flattened window as one step.
            self.flatten = not work.classify
            pooled = (work.steps - KERNEL_SIZE + 1) // POOL_SIZE
            sizes[0] = FILTERS * pooled if self.flatten else FILTERS
            self.convolution = nn.Sequential(
                nn.Conv1d(work.features, FILTERS, KERNEL_SIZE), nn.ReLU(), nn.MaxPool1d(POOL_SIZE)
            )
        both_ways = architecture == "bidirectional"
        self.recurrent = nn.ModuleList(
            nn.LSTM(before, after, batch_first=True, bidirectional=both_ways)
            for before, after in pairwise(sizes)
        )
        self.head = nn.Linear(sizes[-1] * (2 if both_ways else 1), work.outputs)

    def forward(self, x):
        if self.convolution is not None:
            x = self.convolution(x.transpose(1, 2))
            # PyTorch flattens the filters first and Keras the steps: the same but for the order.
            x = x.flatten(1).unsqueeze(1) if self.flatten else x.transpose(1, 2)
        for layer in self.recurrent:
            x, (last, _) = layer(x)
        return self.head(torch.cat(tuple(last), dim=1))


class LSTMFCN(nn.Module):
    """An LSTM that reads one feature per step, beside three convolutions."""

    def __init__(self, architecture, work):
        super().__init__()
        self.recurrent = nn.LSTM(work.steps, work.units, batch_first=True)
        blocks, before = [], work.features
        for filters, kernel_size in FCN_BLOCKS:
            convolution = nn.Conv1d(before, filters, kernel_size, padding="same")
            blocks += [convolution, nn.BatchNorm1d(filters, eps=1e-3), nn.ReLU()]
            before = filters
        self.convolutions = nn.Sequential(*blocks)
        self.head = nn.Linear(work.units + before, work.outputs)

    def forward(self, x):
        x = x.transpose(1, 2)
        _, (last, _) = self.recurrent(x)
        return self.head(torch.cat([last[-1], self.convolutions(x).mean(dim=2)], dim=1))


def count_parameters(fitted):
    """Weights without PyTorch's second bias of each gate, which Keras does not have.

    Keras counts the moving statistics of batch normalization among them.
    """
    module = fitted.module_
    named = [*module.named_parameters(), *module.named_buffers()]
    left_out = "bias_hh", "num_batches_tracked"
    return sum(
        weights.numel() for name, weights in named if not any(part in name for part in left_out)
    )
