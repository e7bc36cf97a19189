import { z } from 'zod';

export const share = z.number().min(0).max(1);
export const positive = z.number().int().positive();
export const count = z.number().int().min(0);
