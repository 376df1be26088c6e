"""Charts: the figures of a dataset as plain data, what draws them in a browser, and a page of them to send to somebody."""
