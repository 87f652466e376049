"""A person's browser: opens a page and sends its one form on as it stands, `browser.py ADDRESS`."""

import html
import re
import sys

import requests

page = requests.get(sys.argv[1], timeout=30)
page.raise_for_status()
target = html.unescape(re.search('action="([^"]*)"', page.text)[1])
fields = re.findall('name="([a-z]+)" value="([^"]*)"', page.text)
form = {name: html.unescape(value) for name, value in fields}
direct = {"http": None, "https": None}
requests.post(target, form, proxies=direct, timeout=30).raise_for_status()
