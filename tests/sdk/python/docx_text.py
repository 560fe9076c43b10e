"""The text of the main part of each DOCX in a folder, read by Python's own parser: JSON by file name."""

import json
import os
import pathlib
import xml.etree.ElementTree as ElementTree
import zipfile

WORD = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
STRICT = "{http://purl.oclc.org/ooxml/wordprocessingml/main}"
BREAKS = ("p", "tab", "br", "cr")

texts = {}
for path in pathlib.Path(os.environ["OPENCLAW_FOLDER"]).glob("*.docx"):
    try:
        main = ElementTree.fromstring(zipfile.ZipFile(path).read("word/document.xml"))
    except (zipfile.BadZipFile, KeyError, ElementTree.ParseError):
        # It is no DOCX, or damaged.
        continue
    pieces = []
    for element in main.iter():
        name = element.tag.removeprefix(WORD).removeprefix(STRICT)
        if name == "t":
            pieces.append(element.text or "")
        elif name in BREAKS:
            pieces.append(" ")
    texts[path.name] = "".join(pieces)
print(json.dumps(texts))
