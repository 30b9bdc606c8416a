"""The models that come with kehu: one folder each, found by its manifest.yml; delete a folder to unplug it."""
