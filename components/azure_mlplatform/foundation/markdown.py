"""Texts from outside in a Markdown document."""


def escaped(text: str) -> str:
    """A text in one line that is no table, HTML, link or picture in Markdown."""
    text = text.replace("|", "\\|").replace("<", "&lt;").replace("](", "]\\(").replace("`", "\\`")
    return " ".join(text.split())
