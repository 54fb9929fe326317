"""The desk at a forge: hears what people write there, makes records of it, tells what became of them."""
