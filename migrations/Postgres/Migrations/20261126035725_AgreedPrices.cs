using System;
using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace FinOps.Migrations.Postgres.Migrations
{
    /// <inheritdoc />
    public partial class AgreedPrices : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.AddColumn<decimal>(
                name: "agreed_amount",
                schema: "finops",
                table: "price_rows",
                type: "numeric",
                nullable: true);

            migrationBuilder.AddColumn<string>(
                name: "currency",
                schema: "finops",
                table: "price_rows",
                type: "character varying(3)",
                maxLength: 3,
                nullable: true);

            migrationBuilder.AddColumn<decimal>(
                name: "exchange_rate",
                schema: "finops",
                table: "price_rows",
                type: "numeric",
                nullable: true);

            migrationBuilder.AddColumn<DateOnly>(
                name: "rate_day",
                schema: "finops",
                table: "price_rows",
                type: "date",
                nullable: true);

            migrationBuilder.AddCheckConstraint(
                name: "ck_price_rows_currency",
                schema: "finops",
                table: "price_rows",
                sql: "num_nulls(currency, agreed_amount, exchange_rate, rate_day) IN (0, 4) AND (exchange_rate IS NULL OR exchange_rate > 0)");
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropCheckConstraint(
                name: "ck_price_rows_currency",
                schema: "finops",
                table: "price_rows");

            migrationBuilder.DropColumn(
                name: "agreed_amount",
                schema: "finops",
                table: "price_rows");

            migrationBuilder.DropColumn(
                name: "currency",
                schema: "finops",
                table: "price_rows");

            migrationBuilder.DropColumn(
                name: "exchange_rate",
                schema: "finops",
                table: "price_rows");

            migrationBuilder.DropColumn(
                name: "rate_day",
                schema: "finops",
                table: "price_rows");
        }
    }
}
