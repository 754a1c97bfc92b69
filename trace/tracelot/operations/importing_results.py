"""stub"""


class Results:
    act = "import.stage"
