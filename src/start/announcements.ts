// The changes of an upgrade that affect an existing installation. Each is printed once, at the first start of the
// version that has it.
import { readFile, stat } from 'node:fs/promises';
import { z } from 'zod';
import type { Config } from '../config.js';
import type { Layout } from '../contract/layout.js';
import { toolEnvironment } from '../contract/tool-environment.js';
import { ifThere, replaceFile } from '../files.js';

interface Announcement {
  /** Stored in the data folder once the announcement was printed. */
  id: string;
  /** Returns undefined if nothing changes for this installation. */
  text: (config: Config, at: Layout) => string | undefined;
}

const ANNOUNCEMENTS: readonly Announcement[] = [
  {
    id: 'temporal-certificates',
    text: ({ temporal }, at) =>
      temporal.address === undefined
        ? `Temporal now wants a client certificate: programs of yours that connect to it need TEMPORAL_CONFIG_FILE=${at.temporalProfile}. Its Web UI is no longer on a port of its own.`
        : undefined,
  },
  {
    id: 'container-limits',
    text: ({ modes, containers }) =>
      modes.includes('docker')
        ? `New containers get few capabilities, ${mebibytes(containers.memoryBytes)} of memory and ${containers.pids} processes, unless their request says otherwise. SLIPWAY_CONTAINER_CAPABILITIES, _MEMORY_MB and _PIDS change that.`
        : undefined,
  },
  {
    id: 'tool-variables',
    text: ({ hostEnvironment, toolVariables }) => {
      const passed = toolEnvironment(hostEnvironment, toolVariables);
      const kept = Object.keys(hostEnvironment).filter((name) => /^(PIP|UV)_/.test(name) && !(name in passed));
      return kept.length > 0
        ? `Builds no longer get ${kept.sort().join(', ')}. SLIPWAY_TOOL_VARIABLES names what they get.`
        : undefined;
    },
  },
  {
    id: 'callback-signatures',
    text: () =>
      'Callbacks carry a second signature, by a secret of each URL. A receiver that compares the whole webhook-signature header as one text has to split it at the blanks.',
  },
];

const saidSchema = z.array(z.string());

/**
 * Returns true if the data folder has no host id. Call it before the data folder is opened, because opening creates the
 * missing files.
 */
export const isNewDataFolder = async (at: Layout): Promise<boolean> => (await ifThere(stat(at.hostId))) === undefined;

/**
 * Returns the texts that this installation has not printed yet. `isNew` means that there is nothing that they would
 * change.
 */
export async function announcementsFor(config: Config, at: Layout, isNew: boolean): Promise<string[]> {
  const text = await ifThere(readFile(at.announced, 'utf8'));
  const said = text === undefined ? [] : saidSchema.parse(JSON.parse(text));
  const due = isNew ? [] : ANNOUNCEMENTS.filter(({ id }) => !said.includes(id));
  const sentences = due.map((announcement) => announcement.text(config, at));
  return sentences.filter((sentence) => sentence !== undefined);
}

export async function markAnnounced(at: Layout): Promise<void> {
  await replaceFile(at.announced, JSON.stringify(ANNOUNCEMENTS.map(({ id }) => id)));
}

const mebibytes = (bytes: number): string => (bytes === 0 ? 'any amount' : `${Math.round(bytes / 1024 ** 2)} MiB`);
