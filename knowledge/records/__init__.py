"""Procedure records as the national portal publishes them: kept beside the reviewed guides and never mixed with them."""
