"""From the columns of all methods to one `p_error`."""
