"""Sets of pictures: the user's own, MNIST and CIFAR-10, or cats drawn by the program."""
