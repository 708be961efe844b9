"""Recording a training of your own: how every item's label goes through it, for `explorer.read` and `explorer.Review`.

recorder = explorer.Recorder(len(data), epochs=20)
for epoch in range(20):
    for x, y, rows in loader:
        logits = net(x)
        …
        recorder.record(rows, logits, y)
    recorder.end_epoch()
explorer.Review(dataset, dynamics=recorder, checkpoints=recorder)
"""

from explorer.training.callbacks import keras_callback, lightning_callback
from explorer.training.numbered import Numbered
from explorer.training.recorder import Recorder

__all__ = ["Numbered", "Recorder", "keras_callback", "lightning_callback"]
