from format_testers import EngineTester


class TestONNX(EngineTester):
    to = 'onnx'

    def run_by_name(self, path, name, images):
        import onnxruntime

        session = onnxruntime.InferenceSession(path)
        is_free = name == 'logits'
        sides = ['height', 'width'] if is_free else [*images.shape[2:]]
        assert session.get_inputs()[0].shape == ['batch', 3, *sides]
        return session.run([name], {'image': images})[0]
