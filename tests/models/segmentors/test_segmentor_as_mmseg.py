"""The segmentor goes through the cases of the one that it stands for."""

from segmentor_testers import SegmentorTester, TTATester


class TestMmsegs(SegmentorTester):
    type = 'EncoderDecoder'


class TestTiled(SegmentorTester):
    type = 'mmseg_hrvit.TiledEncoderDecoder'


class TestTTAOfMmsegs(TTATester):
    type = 'EncoderDecoder'


class TestTTAOfTiled(TTATester):
    type = 'mmseg_hrvit.TiledEncoderDecoder'
