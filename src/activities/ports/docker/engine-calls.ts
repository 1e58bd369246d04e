// Engine calls that several modules use, and the formats of their arguments.
import type Docker from 'dockerode';
import { CONFLICT, statusOf, unlessUnknown } from './engine-answers.js';

export const labelFilter = (labels: Record<string, string>): string[] =>
  Object.entries(labels).map(([name, value]) => `${name}=${value}`);

export async function removeContainer(docker: Docker, name: string): Promise<void> {
  try {
    await unlessUnknown(docker.getContainer(name).remove({ force: true, v: true }));
  } catch (error) {
    if (statusOf(error) !== CONFLICT) throw error; // its removal is under way already
  }
}

export const envOf = (env: Readonly<Record<string, string>>): string[] =>
  Object.entries(env).map(([name, value]) => `${name}=${value}`);
