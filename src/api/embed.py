# api/embed.py - makes a C file with one text file as a string: embed.py INPUT NAME OUTPUT
import json
import sys

with open(sys.argv[1], encoding="ascii") as text, open(sys.argv[3], "w", encoding="ascii") as out:
    out.write("extern const char %s[];\nconst char %s[] =\n" % (sys.argv[2], sys.argv[2]))
    for line in text:
        out.write("        %s\n" % json.dumps(line))
    out.write("        ;\n")
