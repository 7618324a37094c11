"""From annotations of many kinds to the folders and the config that mmseg trains on."""
