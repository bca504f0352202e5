from sknn_scratch._core.stopping import StopReason


def test_reasons_are_whole_sentences():
    sentences = [reason.value for reason in StopReason]
    assert len(set(sentences)) == len(sentences)
    for sentence in sentences:
        assert sentence[0].isupper()
        assert sentence.endswith(".")
