"""Image captions: a folder of pictures planned as a queue, captioned, checked and laid out for training."""
