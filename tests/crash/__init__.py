"""The program against crashes: killed at each of its calls to the disk, refused by it, cut off from power.

`loop.py` drives; `program.py` is what is killed, `check.py` judges what is left; neither trusts the program's word.
"""
