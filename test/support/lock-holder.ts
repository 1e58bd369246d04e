// A worker in small: holds a lock and runs a tool inside it, until it is killed.
import { join } from 'node:path';
import { createPythons } from '../../src/activities/ports/python-port.js';
import { createTools } from '../../src/activities/ports/tools.js';

const [folder = '', mark = '', keeper = '', script = 'sleep 60'] = process.argv.slice(2);
const env = { PATH: process.env['PATH'] ?? '' };
const [python] = await createPythons({ path: env.PATH, home: process.env['HOME'] ?? '/' }).list();
if (!python) throw new Error('no python3');
const tools = createTools({ python: python.path, script: keeper });
await tools.withLock(join(folder, 'locks', 'x'), (lock) =>
  tools.run(['sh', '-c', `${script} # ${mark}`], { cwd: '/', env, lock }),
);
