// A bare Express route that asks Temporal for a deployment's view: a process of its own, as the API is one.
import { Client, Connection } from '@temporalio/client';
import express from 'express';
import type { TemporalConfig } from '../../src/config.js';
import { viewQuery } from '../../src/contract/messages.js';
import { connectionOptions } from '../../src/temporal.js';

const [place = ''] = process.argv.slice(2);
const temporal = JSON.parse(place) as TemporalConfig;
const connection = await Connection.connect(await connectionOptions(temporal));
const client = new Client({ connection, namespace: temporal.namespace });
const app = express();
app.get('/deployments/:id', async (req, res) => {
  res.json(await client.workflow.getHandle(req.params.id).query(viewQuery));
});
const server = app.listen(0, '127.0.0.1', () => {
  const { port } = server.address() as { port: number };
  process.stdout.write(`${port}\n`);
});
