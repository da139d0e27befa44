"""What is shipped: the wheel, the dependencies, the image, the compose file, the settings and the README."""
