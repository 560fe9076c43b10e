"""Which skills there are, and one of them at work."""

import os

import openclaw

client = openclaw.Client(api_key=os.environ["OPENCLAW_API_KEY"])
for skill in client.skills.list():
    print(skill.id, skill.version)
try:
    result = client.skills.execute("weather-skill", "get", location="London").result
    print(f"{result['location']}: {result['temperature']} °C, {result['description']}")
except openclaw.RateLimitError as error:
    print(error.code, error.retry_after, error.request_id)
