"""Phone numbers of the files, and the trunks and rules by which LiveKit knows them."""
