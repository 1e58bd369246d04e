import type { CheckInput, CheckResult, InstallInput } from '../contract/steps.js';

/** What a mode is made of: no mode knows another (style §4). */
export interface ModeSteps {
  /** Whether the mode can run this project, and with what. Changes nothing. */
  check: (input: CheckInput) => Promise<CheckResult>;
  /** Makes the environment of that key complete. Repeatable. */
  install: (input: InstallInput) => Promise<void>;
}
