"""Converting many kinds of annotations to the folders and config that mmseg needs."""
