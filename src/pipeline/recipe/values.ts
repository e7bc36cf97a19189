import { z } from 'zod';

export const share = z.number().min(0).max(1);
/** A part of a whole that the others' parts make up with it: in proportion, so they need not sum to 1. */
export const weight = z.number().min(0);
export const positive = z.number().int().positive();
export const count = z.number().int().min(0);
