// `node --require`: the package `ws` in the place of Node's own WebSocket.
'use strict';
globalThis.WebSocket = require('ws');
