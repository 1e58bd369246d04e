// A bare Express route that asks Temporal for a deployment's view: a process of its own, as the API is one.
import { Client, Connection } from '@temporalio/client';
import express from 'express';
import { viewQuery } from '../../src/contract/messages.js';

const [address = '', namespace = ''] = process.argv.slice(2);
const connection = await Connection.connect({ address });
const client = new Client({ connection, namespace });
const app = express();
app.get('/deployments/:id', async (req, res) => {
  res.json(await client.workflow.getHandle(req.params.id).query(viewQuery));
});
const server = app.listen(0, '127.0.0.1', () => {
  const { port } = server.address() as { port: number };
  process.stdout.write(`${port}\n`);
});
