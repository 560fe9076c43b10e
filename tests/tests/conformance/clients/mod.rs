mod openai;
mod seed;
