"""Shapes, downsampling, the still picture and the text: draws scenes, knows no run."""

from ds_notebook.draw._words import clean
from ds_notebook.draw.downsample import Envelope, min_max
from ds_notebook.draw.png import png
from ds_notebook.draw.shapes import (
    AnyShape,
    Bars,
    Block,
    Edge,
    Flame,
    Graph,
    Heatmap,
    Lines,
    Node,
    Scene,
    Series,
    Shape,
    Table,
    Text,
    Timeline,
)
from ds_notebook.draw.svg import svg
from ds_notebook.draw.text import text

__all__ = [
    "AnyShape",
    "Bars",
    "Block",
    "Edge",
    "Envelope",
    "Flame",
    "Graph",
    "Heatmap",
    "Lines",
    "Node",
    "Scene",
    "Series",
    "Shape",
    "Table",
    "Text",
    "Timeline",
    "clean",
    "min_max",
    "png",
    "svg",
    "text",
]
