"""Downloads from strangers: public addresses only, bounded, told by content."""
