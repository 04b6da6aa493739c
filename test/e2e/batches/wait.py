# Notes that it runs, and waits for a file that says that it may end.
import os
import sys
import time

ran, may_end = sys.argv[1:]
with open(ran, "a") as f:
    print("ran", file=f)
while not os.path.exists(may_end):
    time.sleep(0.05)
print("it may end")
