"""Draws a plan as a diagram: what an environment is made of, its network, or who may do what.

`views` reads a plan into a picture of boxes, arrows or a table. `layout` gives everything in it its place, which is the
same in all environments of a project. `svg`, `png` and `mermaid` write it.
"""
