"""The renderer of drawings, a program of its own: a drawing comes in on one stream and a PNG goes out on the other."""

import json
import sys

from resvg_py import svg_to_bytes

if __name__ == "__main__":
    drawing = sys.stdin.buffer.read().decode()
    sys.stdout.buffer.write(svg_to_bytes(svg_string=drawing, **json.loads(sys.argv[1])))
