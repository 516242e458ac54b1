"""Files of the machine that a mapped build used."""
