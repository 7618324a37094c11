"""The head goes through the cases of the one that it stands for."""

from segmentor_testers import DecodeHeadTester


class TestMmsegs(DecodeHeadTester):
    type = 'SegformerHead'

    def cfg(self, **options):
        cfg = dict(type=self.type, in_channels=[4, 6, 8], in_index=[0, 1, 2])
        return cfg | dict(channels=8, num_classes=5) | options


class TestLinear(TestMmsegs):
    type = 'mmseg_hrvit.LinearSegformerHead'
