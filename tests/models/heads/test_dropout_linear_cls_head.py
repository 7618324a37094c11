import pytest
import torch

pytest.importorskip('mmpretrain', reason='classification needs mmpretrain')

from mmseg_hrvit.models.heads import DropoutLinearClsHead


def test_dropout_acts_before_the_classifier_while_training_alone():
    head = DropoutLinearClsHead(num_classes=5, in_channels=4000, dropout_ratio=0.1)
    features = (torch.ones(2, 4000),)
    dropped = (head.train().pre_logits(features) == 0).float().mean()
    assert 0.05 < float(dropped) < 0.15
    assert torch.equal(head.eval().pre_logits(features), features[0])
    assert head(features).shape == (2, 5)
