"""Writes the inputs that a fuzzer starts from. Usage: write_seeds.py LIST DIRECTORY

LIST has one in each line, with Python's escapes; lines that are empty or begin with # are none.
"""
import os
import sys


def main(path, directory):
    with open(path, encoding="ascii") as file:
        lines = [line.rstrip("\n") for line in file]
    seeds = [line for line in lines if line and not line.startswith("#")]
    for number, seed in enumerate(seeds):
        with open(os.path.join(directory, f"{number:02}"), "wb") as file:
            file.write(seed.encode("ascii").decode("unicode_escape").encode("latin-1"))


if __name__ == "__main__":
    main(*sys.argv[1:])
