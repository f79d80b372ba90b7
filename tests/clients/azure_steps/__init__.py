"""What a user of Microsoft's client does, an area a module: each public function is one step of the tour.

They run in an environment that holds that client. The first line of a docstring is what the table of results says.
"""
