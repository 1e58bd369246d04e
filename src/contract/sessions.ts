// The request that logs a browser in.
import { z } from 'zod';
import { matching } from './requests.js';

export const newSessionSchema = z.strictObject({
  /** The value of a login code. */
  code: matching(/^[A-Za-z0-9_-]{1,100}$/, 'field.login_code'),
});
