"""A verdict as bytes or text, one module a surface. Pure: a report can hide nothing and change nothing."""
