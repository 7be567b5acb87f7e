"""`make demo`: one day at the door, through the product's own paths only."""
