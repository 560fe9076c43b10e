// MCP's reference server over Streamable HTTP, on a free port of the loopback, which it prints.
const { readFileSync } = require('node:fs');
const { Server } = require('node:net');
const path = require('node:path');
const { pathToFileURL } = require('node:url');

const { listen } = Server.prototype;
Server.prototype.listen = function (port, ...rest) {
  this.once('listening', () => console.log(`port ${this.address().port}`));
  return listen.call(this, 0, '127.0.0.1', ...rest);
};
const folder = path.join(process.env.NODE_PATH, '@modelcontextprotocol/server-everything');
const { bin } = JSON.parse(readFileSync(path.join(folder, 'package.json')));
process.argv[2] = 'streamableHttp';
import(pathToFileURL(path.join(folder, Object.values(bin)[0])));
