"""The season's colours, and plain arithmetic on them."""

from __future__ import annotations

import colorsys

PALETTE: dict[str, str] = {
    "White": "#f4f3ef",
    "Off White": "#ece6d8",
    "Cream": "#e9dcc0",
    "Beige": "#cfbb9a",
    "Khaki": "#b09a72",
    "Tan": "#b4844f",
    "Brown": "#6b4630",
    "Grey": "#9a9c9e",
    "Charcoal": "#45484c",
    "Black": "#212225",
    "Navy": "#25304f",
    "Blue": "#2f5b9c",
    "Light Blue": "#a3c1de",
    "Teal": "#1f6f73",
    "Turquoise": "#4fb0ac",
    "Green": "#3b7d4f",
    "Mint": "#b5d8c0",
    "Olive": "#6b6a3d",
    "Yellow": "#ecc63f",
    "Mustard": "#c8932b",
    "Orange": "#dd7532",
    "Coral": "#e87f6c",
    "Red": "#bb2e32",
    "Maroon": "#6d2230",
    "Pink": "#e3a0ae",
    "Magenta": "#b23a72",
    "Purple": "#5f3d76",
    "Lavender": "#b3a3cf",
    "Silver": "#c3c6c9",
    "Gold": "#c9a352",
}


def colour(name_or_hex: str) -> str:
    """`#rrggbb` of a palette name; a hex colour is handed back as it is.

    Raises KeyError for an unknown name.
    """
    return name_or_hex if name_or_hex.startswith("#") else PALETTE[name_or_hex]


def mix(first: str, second: str, share: float) -> str:
    """`first` with `share` (0 … 1) of `second` mixed in; names or hex."""
    a, b = _rgb(first), _rgb(second)
    return _hex(*(x + (y - x) * share for x, y in zip(a, b, strict=True)))


def darker(name_or_hex: str, share: float = 0.25) -> str:
    """Towards a black that keeps the hue: deeper and a little more saturated."""
    return _scaled(name_or_hex, lightness=1 - share, saturation=1 + share * 0.2)


def lighter(name_or_hex: str, share: float = 0.25) -> str:
    """Towards white by `share` (0 … 1)."""
    return mix(name_or_hex, "#ffffff", share)


def lightness(name_or_hex: str) -> float:
    """Perceived lightness, 0 (black) … 1 (white)."""
    r, g, b = _rgb(name_or_hex)
    return (0.299 * r + 0.587 * g + 0.114 * b) / 255


def contrast(name_or_hex: str, strength: float = 0.6) -> str:
    """A colour that shows on the given one: paler on dark cloth, deeper on pale cloth."""
    if lightness(name_or_hex) < 0.45:
        return lighter(name_or_hex, strength)
    return darker(name_or_hex, strength)


def _scaled(name_or_hex: str, *, lightness: float, saturation: float) -> str:
    r, g, b = (v / 255 for v in _rgb(name_or_hex))
    h, light, s = colorsys.rgb_to_hls(r, g, b)
    back = colorsys.hls_to_rgb(h, min(1.0, light * lightness), min(1.0, s * saturation))
    return _hex(*(v * 255 for v in back))


def _rgb(name_or_hex: str) -> tuple[float, float, float]:
    code = colour(name_or_hex).lstrip("#")
    return int(code[0:2], 16), int(code[2:4], 16), int(code[4:6], 16)


def _hex(r: float, g: float, b: float) -> str:
    return "#" + "".join(f"{round(min(255.0, max(0.0, v))):02x}" for v in (r, g, b))
