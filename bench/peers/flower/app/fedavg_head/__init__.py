"""A Flower app: the last layer of a network, averaged. `server` and `client` are its two sides."""
