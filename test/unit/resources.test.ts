import { statfs } from 'node:fs/promises';
import { cpus, totalmem } from 'node:os';
import { expect, test } from '@jest/globals';
import { createResourceMeter } from '../../src/resources.js';

test('the usage of processor, memory and disk is a percentage', async () => {
  const usage = await createResourceMeter('/').measure();
  for (const percent of Object.values(usage)) {
    expect(percent).toBeGreaterThanOrEqual(0);
    expect(percent).toBeLessThanOrEqual(100);
  }
  const { blocks, bavail } = await statfs('/');
  expect(usage.disk_percent).toBeCloseTo((100 * (blocks - bavail)) / blocks, 0);
});

test('memory that a process uses counts', async () => {
  const meter = createResourceMeter('/');
  const before = await meter.measure();
  const used = Buffer.alloc(totalmem() / 20, 1);
  const after = await meter.measure();
  expect(after.memory_percent - before.memory_percent).toBeGreaterThan(2.5);
  expect(used).toHaveLength(Math.floor(totalmem() / 20));
});

test('the processor time since the last reading counts', async () => {
  const meter = createResourceMeter('/');
  await meter.measure();
  for (const untilMs = Date.now() + 500; Date.now() < untilMs;) Math.sqrt(Date.now());
  const { cpu_percent: busy } = await meter.measure();
  expect(busy).toBeGreaterThan(50 / cpus().length); // one of the processors was busy
});
